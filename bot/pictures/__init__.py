"""Pictures of scenes, drawn by matplotlib without a screen."""
