-- Only while no erasure is under way. Receipts are lost.
DO $$
BEGIN
  IF EXISTS (SELECT FROM erasures) THEN
    RAISE 'erasures have not ended: end them first';
  END IF;
END
$$;

DROP TABLE erasure_receipts;
DROP TABLE erasure_counts;
DROP TABLE erasures;
