CREATE TABLE product (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    category TEXT NOT NULL
);

CREATE TABLE review (
    product_id BIGINT NOT NULL REFERENCES product (id),
    stars BIGINT NOT NULL CHECK (stars BETWEEN 1 AND 5),
    words TEXT NOT NULL
);

CREATE INDEX review_of_product ON review (product_id);
