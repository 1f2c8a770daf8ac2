XA START 'back';
UPDATE account SET balance = balance + 9 WHERE id BETWEEN 60 AND 79;
XA END 'back';
XA PREPARE 'back';
XA COMMIT 'back';
