"""What a university has of its own: its entry in the ministry's list, and its students.

Owns ``UniversityProfile`` and ``StudentProfile`` (student number and programme of a student membership) and the import of
the ministry's list. Leaves placements, tutors and evaluations to the apps above.
"""
