from django.utils.translation import pgettext_lazy

from linli.kernel.ui.registry import place

place(
    name="imports",
    label=pgettext_lazy("place", "Imports"),
    icon="upload",
    url_name="imports:list",
    needs="imports.view",
    order=65,
)
