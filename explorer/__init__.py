"""An explorer of generative models: move something, and see the mathematics answer."""
