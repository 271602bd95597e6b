"""The run's life inside Locust: opened, provisioned, sampled, drained, checked and cleaned up."""
