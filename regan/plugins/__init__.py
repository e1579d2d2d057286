"""regan inside other toolkits: one module a host, none of which is imported before it is asked for.

A module needs its host. In regan's repository, ``pip install '.[imblearn]'`` and the like bring it
along.
"""
