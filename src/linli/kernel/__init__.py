"""The kernel: mechanisms written once, on which every room stands (see ARCHITECTURE.md).

Lowest first: crypto, terms, areas, units, scope, accounts, access, timeline, jobs, flow, then
stats, tables and forms side by side, then ui. A package imports only what stands below it.
"""
