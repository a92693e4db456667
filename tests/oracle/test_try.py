import time, pytest
def test_it(town):
    from tests.oracle.visitors import visitors
    t=time.time(); v=visitors(town); print("visitors", time.time()-t)
    for p in ("/desk/","/desk/people/","/desk/people/?export=xlsx","/desk/dispatch/","/desk/dispatch/board/","/desk/services/","/desk/statistics/","/desk/search/?q=q", f"/desk/dispatch/{town.bundles['mine'].orders['serving'].pk}/", "/follow/status/", "/api/v1/orders"):
        for n in ("worker","officer","dispatcher","receipt serving","key worker"):
            t=time.time(); a=v[n].ask(p); print(p,n,a.outcome,len(a.text),round((time.time()-t)*1000),sorted(set(town.aviary.kept[x] for x in town.aviary.heard(a.text,sent=p)))[:3], a.error)
