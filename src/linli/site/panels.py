from django.utils.translation import pgettext_lazy

from linli.kernel.ui.registry import place

place(
    name="home",
    label=pgettext_lazy("place", "Home"),
    icon="home",
    url_name="site:home",
    needs="",
    order=0,
)
place(
    name="statistics",
    label=pgettext_lazy("place", "Statistics"),
    icon="chart",
    url_name="site:statistics",
    needs="services.count",
    order=50,
)
place(
    name="accounts",
    label=pgettext_lazy("place", "Users"),
    icon="person",
    url_name="accounts:list",
    needs="staff.view",
    order=70,
)
