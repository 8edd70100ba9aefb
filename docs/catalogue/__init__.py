"""The formula catalogue as a page, made from `custom.FORMULAS`.

python -m docs.catalogue             write docs/formulas.md
python -m docs.catalogue --check     name what is stale in it; exit status 1 if any
"""
