-- The rights that README asks for on a 5.6 source, for a migration of schema assess_me.
CREATE USER 'least'@'%' IDENTIFIED BY 'least_password'
//
GRANT PROCESS, REPLICATION SLAVE, REPLICATION CLIENT, SUPER ON *.* TO 'least'@'%'
//
GRANT SELECT ON mysql.* TO 'least'@'%'
//
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON `assess\_me`.* TO 'least'@'%'
//
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX ON flyover.* TO 'least'@'%'
