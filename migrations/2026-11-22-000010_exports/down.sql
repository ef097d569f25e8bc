DROP TABLE exported_file_chunks, exported_files;
