"""The sweep: from axes to a plan, from a plan to rendered points."""
