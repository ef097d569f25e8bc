DROP TABLE query_runs, query_result_rows, query_results;
