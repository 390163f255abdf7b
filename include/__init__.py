"""Everything around the checks that is not Airflow: contracts, deliveries, storage, registry, reports, evidence, gate."""
