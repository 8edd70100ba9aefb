"""Giving trained models to others."""
