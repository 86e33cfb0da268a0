"""`brim demo`: a recorded agent conversation, replayed into a small window in three ways."""
