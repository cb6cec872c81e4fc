"""The dialogue's flows as admins work on them: read, edit, check, review, publish, roll back."""
