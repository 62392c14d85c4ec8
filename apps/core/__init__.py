"""What every floor stands on: who is acting, the three refusals, services, keyset paging, the API's common parts.

Owns no models and no rules of the field. Offers ``Actor``, ``Decision``, ``NotFound`` / ``NotAllowed`` / ``WrongState``,
``@service``, ``move``, form and API bases, charts and template components. Imports no other app.
"""
