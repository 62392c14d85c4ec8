"""Who changed what, when, as whom: reads what the history triggers wrote.

Owns no tables: each tracked model's events live beside it (django-pghistory). Offers ``history_of(row)``, the timeline of a
detail page. Which service ran and who was acting comes from the context that ``core.services.service`` sets.
"""
