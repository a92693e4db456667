"""Code tables that change by place and time: bilingual rows with validity dates.

States and kinds that code depends on are enums in the rooms; everything a county may add to is a
term. Facts store the term's `code`, so a renamed term renames nothing that was recorded.
"""
