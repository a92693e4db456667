"""The data set: a city's network of stations with a year of people, services and orders.

Drawn from a seeded generator, so that two machines load the same rows (but for the days, which end
today). Everybody in it is invented.
"""
