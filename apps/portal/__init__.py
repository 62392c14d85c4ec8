"""The pages that show several apps: the home page as a queue of what waits, navigation, switching memberships, demo data.

Owns no tables. Everything it shows is asked from the apps below.
"""
