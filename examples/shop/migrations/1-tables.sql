CREATE TABLE product (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    category TEXT NOT NULL
) STRICT;

CREATE TABLE review (
    product_id INTEGER NOT NULL REFERENCES product (id),
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    words TEXT NOT NULL
) STRICT;

CREATE INDEX review_of_product ON review (product_id);
