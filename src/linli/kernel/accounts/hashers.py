from django.contrib.auth.hashers import PBKDF2PasswordHasher


class Pbkdf2(PBKDF2PasswordHasher):
    """PBKDF2-SHA256 at the strength OWASP names (600,000 rounds)."""

    iterations = 600_000
