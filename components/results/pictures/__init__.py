"""Pictures of a report, as SVG inside the page; whose colours follow the page's style."""
