"""What goes out to be filled in and what comes back: score books, official forms, and the files of a case written safely."""
