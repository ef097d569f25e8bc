DROP TABLE validation_errors;
