"""Everything that knows Azure: triggers, messages, wiring, settings and the storage adapters.

| function | trigger | workflow |
|---|---|---|
| `create_proforma` | queue create-proforma | `domain.workflows.create_proforma` |
| `create_scheduled_proformas` | timer CREATE_PROFORMA_SCHEDULE | `domain.workflows.create_scheduled_proformas` |
| `confirm_invoice` | queue confirm-invoice | `domain.workflows.confirm_invoice` |
| `revise_invoice` | queue revise-invoice | `domain.workflows.revise_invoice` |
| `sync_table_map` | queue sync-table-map | `domain.workflows.sync_table_map` |
| `import_from_staging` | timer IMPORT_FROM_STAGING_SCHEDULE | `domain.workflows.import_from_staging` |
| `import_proposal` | queue import-proposal | `domain.workflows.import_proposal` |
| `post_journal` | queue post-journal | `domain.workflows.post_journal` |
| `post_pending_journals` | timer POST_JOURNAL_SCHEDULE | `domain.workflows.post_pending` |
| `post_proposal` | queue post-proposal | `domain.workflows.post_proposal` |
| `post_pending_proposals` | timer POST_PROPOSAL_SCHEDULE | `domain.workflows.post_pending` |
| `reconcile_pending_revenue` | timer RECONCILE_REVENUE_SCHEDULE | `domain.workflows.reconcile_pending_revenue` |
| `write_back_posting` | queue write-back-posting | `domain.workflows.write_back_posting` |
| `measure_pending` | timer MEASURE_PENDING_SCHEDULE | `domain.workflows.measure_pending` |
| `sweep_poison_queues` | timer SWEEP_POISON_QUEUES_SCHEDULE | `domain.workflows.sweep_poison_queues` |
| `reconcile` | timer RECONCILE_SCHEDULE | `domain.workflows.reconcile` |
| `record_dead_letter_<queue>` | every `<queue>-poison` | `domain.workflows.record_dead_letter` |
"""
