"""The quality report as JSON and HTML, in Korean and English.

`quality_report.build_report` makes it from the results of the checks, `schema.read_report` reads it back,
`page.render_html` shows it. Nothing here reads data, judges a check, or knows a time, a person or a machine.
"""
