"""Down to which areas numbers are held, as SQL."""

COUNTY = 1_000_000

# County, city, province and nation of `d.area`, each once: a fact may be known by its province
# only.
PLACES = """
  CROSS JOIN LATERAL (SELECT (d.area / 100000000) * 100000000 AS city,
                             (d.area / 10000000000) * 10000000000 AS province) AS above
  CROSS JOIN LATERAL (
    SELECT area FROM (VALUES (d.area), (nullif(city, d.area)), (nullif(province, city)),
                             (nullif(0::bigint, province))) AS every(area)
    WHERE area IS NOT NULL
  ) AS place(area)
"""


def county_sql(column: str) -> str:
    """The county of an area, or the area itself where that is larger."""
    return f"({column} / {COUNTY}) * {COUNTY}"
