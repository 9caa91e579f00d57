"""The site: course, gallery, lab and reference as pages that need no network; `make site` builds it.

Pages are the Markdown of this repository, read as GitHub reads it and written by MkDocs with the Material
theme, once a language. Formulas become MathML, GIFs become videos that play while they are seen, and each
chapter gets a lab with a goal that the page notices.
"""
