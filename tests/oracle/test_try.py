import time, pytest, logging
def test_it(town):
    from tests.oracle.visitors import visitors
    logging.disable(logging.CRITICAL)
    t=time.process_time(); v=visitors(town); print("visitors", time.process_time()-t)
    for p in ("/desk/","/desk/people/","/desk/people/?export=xlsx","/desk/dispatch/","/desk/dispatch/board/","/desk/services/","/desk/statistics/","/desk/search/?q=q", f"/desk/dispatch/{town.bundles['mine'].orders['serving'].pk}/", "/follow/status/", "/api/v1/orders"):
        for n in ("worker","officer","dispatcher","receipt serving","key worker"):
            t=time.process_time(); a=v[n].ask(p); print(p,n,a.outcome,len(a.text),round((time.process_time()-t)*1000),len(set(town.aviary.kept[x] for x in town.aviary.heard(a.text,sent=p))), a.error, list(a.context))
