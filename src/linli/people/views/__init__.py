"""Pages of the people room: the list, registering, a person's file, and what is known of them."""
