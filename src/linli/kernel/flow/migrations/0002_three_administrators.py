from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('flow', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='duty',
            name='role',
            field=models.CharField(choices=[('worker', 'Social worker'), ('station_head', 'Station head'), ('dispatcher', 'Dispatcher'), ('officer', 'Department officer'), ('grid_worker', 'Grid worker'), ('system', 'System administrator'), ('security', 'Security administrator'), ('audit', 'Audit administrator')], max_length=20),
        ),
    ]
