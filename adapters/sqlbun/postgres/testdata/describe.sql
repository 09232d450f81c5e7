-- Describes the tables of the first schema of search_path as one JSON value. In
-- an order that does not depend on how they were created, except for columns.
SELECT coalesce(json_agg(json_build_object(
  'name', c.relname,
  'columns', (
    SELECT json_agg(json_build_object(
      'name', i.column_name, 'type', i.data_type, 'nullable', i.is_nullable = 'YES', 'default', i.column_default,
      'identity', i.identity_generation
    ) ORDER BY i.column_name COLLATE "C")
    FROM information_schema.columns AS i WHERE i.table_schema = current_schema() AND i.table_name = c.relname),
  'constraints', (
    SELECT json_agg(json_build_object('type', k.contype, 'definition', pg_get_constraintdef(k.oid))
      ORDER BY pg_get_constraintdef(k.oid) COLLATE "C")
    FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype <> 'n'),
  'indexes', (
    SELECT json_agg(json_build_object('name', ic.relname, 'unique', x.indisunique, 'columns', (
        SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a WHERE a.attrelid = x.indexrelid))
      ORDER BY ic.relname COLLATE "C")
    FROM pg_index AS x JOIN pg_class AS ic ON ic.oid = x.indexrelid WHERE x.indrelid = c.oid)
) ORDER BY c.relname COLLATE "C"), '[]')
FROM pg_class AS c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
