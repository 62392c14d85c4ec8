"""Demo data: a story in which every role has something to do, and, at will, the mass of a whole province around it.

``seed`` fills an empty database, ``logins`` says who can sign in. Dates count from today; what chance decides, a seed fixes.
"""
