"""The rules of project invoice integration: frozen records, pure functions, no Azure, no clock, no environment.

Read in this order: `errors`, `money`, `identifiers`, `option_sets`, `rows`, `tables`, `record`; then the documents
`contract`, `actuals`, `proforma`, `staging`, `journal`, `invoice_proposal`, `ledger`; then the decisions; then
`ports` and `workflows`, where decisions meet storage.
"""
