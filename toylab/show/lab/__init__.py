"""The live lab: a page that trains."""
