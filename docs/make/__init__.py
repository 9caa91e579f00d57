"""What writes documents: gallery, course, reference, the papers' page. `make docs` runs it."""
