from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from linli.kernel.crypto.sealing import blind
from linli.lib.checkdigits import InvalidCode, mobile_or_landline

from .models import User

PHONE_PURPOSE = "accounts.phone"


class PhoneBackend(ModelBackend):
    """Sign-in with the phone number instead of the user name."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        try:
            number = mobile_or_landline(username or "")
        except InvalidCode:
            return None
        index = blind(number, purpose=PHONE_PURPOSE)
        user = User.objects.filter(phone_index=index, is_active=True).first()
        if user is None:
            # Hash all the same, so that an unknown number takes as long as a known one.
            User().set_password(password)
            return None
        return user if user.check_password(password or "") else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return False
