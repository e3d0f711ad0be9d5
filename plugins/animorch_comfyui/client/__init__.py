"""client: what speaks to ComfyUI servers. Import its files, not the package."""
