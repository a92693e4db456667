from django.http import HttpRequest, HttpResponse

from linli.kernel.access import public


@public("the first page of the public portal")
def start(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


where = what = reach = receipt = follow = status = add = verdict = start
reopen = withdraw = close = stations = privacy = start
