"""The panel: pages for a desk and a phone, served beside the API."""
