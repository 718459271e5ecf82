"""Copies of whole tables as files, because Table Storage brings no deleted table back."""
