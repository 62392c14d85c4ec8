"""Figures for those who answer for them: reads everything, writes nothing.

Offers the placement report (placements, logged hours, mean score by university, base and month) as page, JSON, CSV and XLSX.
Each reader sees the figures of their own organization, of the group's members, or of the region; never people.
"""
