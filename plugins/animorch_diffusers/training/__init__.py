"""training: how a small AnimateDiff model is made, from captioned clips to a diffusers folder.

Read in this order: recipe, source, batch, loop; then a stage (vae, or base with noise and loss).
Nothing is imported here, so that listing plugins stays light.
"""
