"""Renders a Jinja2 template for each row of a CSV and prints how long it took.

    jinja.py CSV TEMPLATE
"""
import csv
import sys
import time

import jinja2

with open(sys.argv[2], encoding="utf-8") as f:
    text = f.read()
start = time.monotonic()
template = jinja2.Environment(autoescape=True, keep_trailing_newline=True).from_string(text)
size = 0
with open(sys.argv[1], newline="", encoding="utf-8") as f:
    for row in csv.DictReader(f):
        size += len(template.render(row))
print(time.monotonic() - start, size)
