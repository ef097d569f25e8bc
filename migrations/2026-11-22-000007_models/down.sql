DROP FUNCTION attributes_allow(jsonb, uuid, uuid);
DROP FUNCTION user_attribute_values(uuid, uuid);
DROP TABLE user_attribute_groups;
DROP TABLE user_attribute_users;
DROP TABLE user_attributes;
DROP TABLE active_deployments;
DROP TABLE explores;
DROP TABLE deployment_files;
DROP TABLE deployments;
