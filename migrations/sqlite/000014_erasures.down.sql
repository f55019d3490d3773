-- Only while no erasure is under way: fails otherwise, with the name of this constraint. Receipts are lost.
CREATE TABLE heddle_erasures_down (
  erasures INTEGER CONSTRAINT end_erasures_first CHECK (erasures = 0)
);
INSERT INTO heddle_erasures_down SELECT count(*) FROM erasures;
DROP TABLE heddle_erasures_down;

DROP TABLE erasure_receipts;
DROP TABLE erasure_counts;
DROP TABLE erasures;
