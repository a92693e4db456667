from django.urls import path

from .api import areas, directory, errors, me, orders, people, requests, services, statistics
from .api.door import Key, Session
from .description import DescribedAPI

DESCRIPTION = """The programs' door of Linli: the queries, actions and permissions of the pages.

Every call acts in one post and sees what that post sees; a key is also limited to its scopes. What
the caller may not see does not exist for them (404). Lists are pages of 25: pass `older` as
`after`. Every refusal has one shape, `Problem`, in the language of `Accept-Language`. Give every
unsafe call an `Idempotency-Key`, and it may be sent again after a lost answer."""

api = DescribedAPI(
    title="Linli",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=[Key(), Session()],
    docs_url=None,
)
errors.connect(api)
api.add_router("/me", me.door.router)
api.add_router("/areas", areas.door.router)
api.add_router("/terms", areas.lists.router)
api.add_router("/directory", directory.door.router)
api.add_router("/people", people.door.router)
api.add_router("/services", services.door.router)
api.add_router("/requests", requests.door.router)
api.add_router("/orders", orders.door.router)
api.add_router("/statistics", statistics.door.router)

urlpatterns = [path("", api.urls)]
