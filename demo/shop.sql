-- The shop: what an application that grew up on MySQL 5.6 looks like. Made on 5.6 by shop_generate;
-- flyover takes it from there. Every kind of key, type and program that a move must carry is here.
CREATE DATABASE shop DEFAULT CHARACTER SET latin1;
USE shop;

-- A string key.
CREATE TABLE countries (
  code CHAR(2) CHARACTER SET latin1 NOT NULL,
  name VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  tax_rate DECIMAL(5,3) NOT NULL DEFAULT '0.190',
  visits INT UNSIGNED NOT NULL DEFAULT '0',
  PRIMARY KEY (code)
) ENGINE=InnoDB;

-- A foreign key to itself.
CREATE TABLE categories (
  id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT,
  parent_id SMALLINT UNSIGNED DEFAULT NULL,
  name VARCHAR(80) NOT NULL,
  slug VARCHAR(80) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
  clicks INT NOT NULL DEFAULT '0',
  PRIMARY KEY (id),
  UNIQUE KEY slug (slug),
  KEY parent (parent_id),
  CONSTRAINT category_parent FOREIGN KEY (parent_id) REFERENCES categories (id)
) ENGINE=InnoDB COMMENT='the tree of goods';

CREATE TABLE products (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  category_id SMALLINT UNSIGNED NOT NULL,
  sku VARCHAR(32) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
  name VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL COMMENT 'as shown',
  price DECIMAL(10,2) NOT NULL,
  stock INT NOT NULL DEFAULT '0',
  weight FLOAT DEFAULT NULL,
  state ENUM('draft','on sale','sold out','gone') NOT NULL DEFAULT 'draft',
  labels SET('new','organic','fragile','bulky','gift') NOT NULL DEFAULT '',
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  UNIQUE KEY sku (sku),
  KEY category (category_id, price),
  CONSTRAINT product_category FOREIGN KEY (category_id) REFERENCES categories (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A full-text index and a composite key that ends in a string.
CREATE TABLE product_texts (
  product_id INT UNSIGNED NOT NULL,
  locale CHAR(5) CHARACTER SET latin1 NOT NULL,
  title VARCHAR(200) NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (product_id, locale),
  FULLTEXT KEY words (title, body)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Zero and partial dates, two character sets in one row, a prefix index.
CREATE TABLE customers (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  email VARCHAR(150) NOT NULL,
  name VARCHAR(100) NOT NULL,
  remark VARCHAR(200) CHARACTER SET latin1 DEFAULT NULL,
  birthday DATE DEFAULT NULL,
  points MEDIUMINT NOT NULL DEFAULT '0',
  balance DECIMAL(12,2) NOT NULL DEFAULT '0.00',
  last_seen DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  UNIQUE KEY email (email),
  KEY name (name(20))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE addresses (
  id BIGINT NOT NULL AUTO_INCREMENT,
  customer_id INT UNSIGNED NOT NULL,
  country_code CHAR(2) CHARACTER SET latin1 NOT NULL,
  street VARCHAR(120) CHARACTER SET utf8mb4 NOT NULL,
  city VARCHAR(80) CHARACTER SET latin1 NOT NULL,
  zip VARCHAR(12) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT '',
  PRIMARY KEY (id),
  KEY customer (customer_id),
  KEY country (country_code, zip),
  CONSTRAINT address_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
    ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT address_country FOREIGN KEY (country_code) REFERENCES countries (code)
) ENGINE=InnoDB;

CREATE TABLE orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  customer_id INT UNSIGNED NOT NULL,
  status ENUM('new','paid','sent','returned') NOT NULL DEFAULT 'new',
  placed_at DATETIME(6) NOT NULL,
  total DECIMAL(14,4) NOT NULL DEFAULT '0.0000',
  note VARCHAR(200) DEFAULT NULL,
  PRIMARY KEY (id),
  KEY customer (customer_id),
  KEY status (status, placed_at),
  CONSTRAINT order_customer FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- A composite integer key, and rows that vanish with their order.
CREATE TABLE order_items (
  order_id BIGINT UNSIGNED NOT NULL,
  line_no TINYINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  quantity SMALLINT NOT NULL,
  price DECIMAL(10,2) NOT NULL,
  PRIMARY KEY (order_id, line_no),
  KEY product (product_id),
  CONSTRAINT item_order FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE,
  CONSTRAINT item_product FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE=InnoDB;

CREATE TABLE payments (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  order_id BIGINT UNSIGNED NOT NULL,
  reference CHAR(32) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
  amount DECIMAL(14,4) NOT NULL,
  method ENUM('card','transfer','cash','voucher') NOT NULL,
  paid_at DATETIME(3) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY reference (reference),
  KEY paid (order_id)
) ENGINE=InnoDB;

-- Filled by a trigger and by the application.
CREATE TABLE audit_log (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  subject VARCHAR(40) NOT NULL,
  subject_id BIGINT UNSIGNED NOT NULL,
  detail TINYTEXT,
  noted_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY subject (subject, subject_id)
) ENGINE=InnoDB;

CREATE TABLE price_history (
  id INT NOT NULL AUTO_INCREMENT,
  product_id INT UNSIGNED NOT NULL,
  old_price DECIMAL(10,2) NOT NULL,
  new_price DECIMAL(10,2) NOT NULL,
  changed_at DATETIME NOT NULL,
  PRIMARY KEY (id),
  KEY product (product_id)
) ENGINE=InnoDB;

-- No key at all, and rows that are equal in every column.
CREATE TABLE stock_moves (
  product_id INT UNSIGNED NOT NULL,
  delta SMALLINT NOT NULL,
  reason ENUM('delivery','sale','loss','count') DEFAULT NULL,
  moved_on DATE NOT NULL
) ENGINE=InnoDB;

-- A binary key.
CREATE TABLE web_sessions (
  id BINARY(16) NOT NULL,
  customer_id INT UNSIGNED DEFAULT NULL,
  data VARBINARY(255) NOT NULL,
  hits INT UNSIGNED NOT NULL DEFAULT '0',
  expires DATETIME NOT NULL,
  PRIMARY KEY (id),
  KEY expires (expires)
) ENGINE=InnoDB;

CREATE TABLE page_views (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  viewed_on DATE NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  agent VARCHAR(100) NOT NULL,
  seconds DOUBLE NOT NULL,
  PRIMARY KEY (id, viewed_on),
  KEY product (product_id)
) ENGINE=InnoDB
PARTITION BY RANGE (TO_DAYS(viewed_on)) (
  PARTITION p2013 VALUES LESS THAN (TO_DAYS('2014-01-01')),
  PARTITION p2014 VALUES LESS THAN (TO_DAYS('2015-01-01')),
  PARTITION p2015 VALUES LESS THAN (TO_DAYS('2016-01-01')),
  PARTITION later VALUES LESS THAN MAXVALUE
);

-- Every numeric, bit and temporal type.
CREATE TABLE readings (
  id INT NOT NULL AUTO_INCREMENT,
  t TINYINT NOT NULL, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED,
  m MEDIUMINT, mu MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, iz INT(8) UNSIGNED ZEROFILL,
  b BIGINT, bu BIGINT UNSIGNED, yes BOOL NOT NULL DEFAULT '0',
  d1 DECIMAL(3,1), d2 DECIMAL(38,10), d3 DECIMAL(65,30), d4 DECIMAL(20,0) UNSIGNED,
  f FLOAT, fp FLOAT(9,3), d DOUBLE, dp DOUBLE(16,6),
  bit1 BIT(1) NOT NULL DEFAULT b'0', bit7 BIT(7), bit64 BIT(64),
  y YEAR, on_day DATE, at_time TIME, at_time6 TIME(6),
  dt DATETIME, dt3 DATETIME(3), dt6 DATETIME(6),
  ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  ts6 TIMESTAMP(6) NULL DEFAULT NULL,
  zero_day DATE NOT NULL DEFAULT '0000-00-00',
  PRIMARY KEY (id),
  KEY by_day (on_day, at_time),
  KEY by_decimal (d2)
) ENGINE=InnoDB;

-- Large objects, up to 1 MiB.
CREATE TABLE documents (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  name VARCHAR(100) NOT NULL,
  preview TINYBLOB,
  content MEDIUMBLOB NOT NULL,
  body LONGTEXT CHARACTER SET utf8mb4 NOT NULL,
  summary TEXT CHARACTER SET latin1,
  attachment BLOB,
  digest BINARY(20) NOT NULL,
  PRIMARY KEY (id),
  KEY summary (summary(30))
) ENGINE=InnoDB;

CREATE TABLE coupons (
  code VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  percent TINYINT UNSIGNED NOT NULL,
  used INT NOT NULL DEFAULT '0',
  valid_until DATE NOT NULL,
  PRIMARY KEY (code)
) ENGINE=InnoDB;

-- No primary key, but a unique one that is never NULL.
CREATE TABLE bins (
  aisle SMALLINT NOT NULL,
  shelf SMALLINT NOT NULL,
  product_id INT UNSIGNED DEFAULT NULL,
  amount INT NOT NULL DEFAULT '0',
  UNIQUE KEY place (aisle, shelf)
) ENGINE=InnoDB;

CREATE TABLE translations (
  locale CHAR(5) CHARACTER SET latin1 NOT NULL,
  message VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_general_cs NOT NULL,
  text VARCHAR(250) CHARACTER SET utf8 NOT NULL,
  PRIMARY KEY (locale, message)
) ENGINE=InnoDB;

CREATE TABLE shop_stats (
  name VARCHAR(40) NOT NULL,
  value BIGINT NOT NULL DEFAULT '0',
  PRIMARY KEY (name)
) ENGINE=InnoDB;

-- The application's proof: each transaction writes its token here and notes it on its own disk once
-- the server has acknowledged the commit. Tokens are not unique by key, so that a doubled
-- transaction becomes a second row and not an error.
CREATE TABLE ledger (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  token VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
  PRIMARY KEY (id),
  KEY token (token)
) ENGINE=InnoDB;

CREATE TABLE ledger_named (
  token VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
  amount INT NOT NULL,
  PRIMARY KEY (token)
) ENGINE=InnoDB;

CREATE TABLE ledger_bare (
  token VARCHAR(40) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL
) ENGINE=InnoDB;

CREATE TABLE ledger_accounts (
  connection SMALLINT UNSIGNED NOT NULL,
  commits BIGINT NOT NULL DEFAULT '0',
  PRIMARY KEY (connection)
) ENGINE=InnoDB;

CREATE VIEW order_lines AS
  SELECT o.id AS order_id, o.customer_id, o.status, i.line_no, i.quantity, i.price, p.sku
  FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id;

CREATE VIEW large_lines AS
  SELECT order_id, line_no, sku, quantity * price AS amount FROM order_lines WHERE quantity >= 3;

DELIMITER //
CREATE TRIGGER payment_noted AFTER INSERT ON payments FOR EACH ROW
  INSERT INTO audit_log (subject, subject_id, detail)
  VALUES ('payment', NEW.id, CONCAT(NEW.method, ' ', NEW.amount))//

CREATE TRIGGER price_changed AFTER UPDATE ON products FOR EACH ROW
BEGIN
  IF NEW.price <> OLD.price THEN
    INSERT INTO price_history (product_id, old_price, new_price, changed_at)
    VALUES (NEW.id, OLD.price, NEW.price, NOW());
  END IF;
END//

CREATE FUNCTION gross_price(net DECIMAL(10,2), rate DECIMAL(5,3)) RETURNS DECIMAL(12,2)
  DETERMINISTIC NO SQL
  RETURN ROUND(net * (1 + rate), 2)//

CREATE PROCEDURE reward_customer(IN which INT UNSIGNED, IN bonus INT)
  MODIFIES SQL DATA
BEGIN
  UPDATE customers SET points = points + bonus WHERE id = which;
  SELECT points FROM customers WHERE id = which;
END//

CREATE DEFINER=`app`@`%` EVENT shop_tick ON SCHEDULE EVERY 1 SECOND DO
  UPDATE shop_stats SET value = value + 1 WHERE name = 'event_ticks'//
DELIMITER ;
