"""How dates read, where a language of Django reads otherwise than ours do elsewhere."""
